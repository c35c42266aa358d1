"""Reads supervisor's configuration as its daemon does: prints the settings of the program `shop`, and
those of its names in the file that supervisor never asks for."""

import configparser, inspect, json, re
from supervisor import options
server = options.ServerOptions()
server.realize(["-c", "/etc/supervisor/supervisord.conf"])
known = set(re.findall(r"""get\(section, ['"](\w+)['"]""", inspect.getsource(options)))
known |= {"%s_%s" % (k, n) for k in ("stdout", "stderr") for n in (
    "logfile", "logfile_maxbytes", "logfile_backups", "capture_maxbytes", "events_enabled", "syslog")}
program = server.process_group_configs[0].process_configs[0]
raw = configparser.RawConfigParser(inline_comment_prefixes=(";", "#"))
raw.read("/etc/supervisor/conf.d/shop.conf")
print(json.dumps({
    "settings": {k: repr(getattr(program, k)) for k in program.req_param_names + program.optional_param_names if hasattr(program, k)},
    "unknown": [name for name in raw["program:shop"] if name not in known],
}))
