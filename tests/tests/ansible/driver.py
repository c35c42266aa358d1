"""Evaluates vars files with the real ansible-core. Reads and writes JSON."""

import datetime
import json
import os
import sys

os.environ.setdefault("ANSIBLE_DEPRECATION_WARNINGS", "False")
os.environ.setdefault("ANSIBLE_LOCALHOST_WARNING", "False")

from ansible import context
from ansible.module_utils.common.collections import ImmutableDict
from ansible.parsing.dataloader import DataLoader
from ansible.parsing.vault import VaultSecret, VaultSecretsContext
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar, trust_as_template
from ansible.utils.vars import combine_vars, load_extra_vars


def typed(value):
    if value is None:
        return {"t": "null"}
    if isinstance(value, bool):
        return {"t": "bool", "v": str(bool(value))}
    if isinstance(value, int):
        return {"t": "int", "v": str(int(value))}
    if isinstance(value, float):
        return {"t": "float", "v": repr(float(value))}
    if isinstance(value, str):
        return {"t": "text", "v": str(value)}
    if isinstance(value, (datetime.date, datetime.datetime)):
        return {"t": "date", "v": str(value)}
    if isinstance(value, (list, tuple)):
        return {"t": "list", "v": [typed(item) for item in value]}
    if isinstance(value, dict):
        return {"t": "map", "v": [[typed(k), typed(v)] for k, v in value.items()]}
    return {"t": type(value).__name__, "v": str(value)}


def evaluate(case, loader):
    try:
        variables = {}
        for path in case["files"]:
            loaded = loader.load_from_file(path, cache="none", trusted_as_template=True) or {}
            variables = combine_vars(variables, loaded)
        context.CLIARGS = ImmutableDict(extra_vars=tuple(trust_as_template(extra) for extra in case["extra"]))
        if hasattr(load_extra_vars, "extra_vars"):
            del load_extra_vars.extra_vars
        variables = combine_vars(variables, load_extra_vars(loader))
    except Exception as error:  # noqa: BLE001
        return {"refused": str(error)}
    templar = Templar(loader=loader, variables=variables)
    result = {}
    for name, value in variables.items():
        try:
            result[str(name)] = {"value": typed(templar.template(value))}
        except (Exception, RecursionError) as error:  # noqa: BLE001
            result[str(name)] = {"error": str(error)[:300]}
    return {"variables": result}


def main():
    request = json.load(sys.stdin)
    secrets = [(s["id"], VaultSecret(s["password"].encode())) for s in request["secrets"]]
    init_plugin_loader([])
    loader = DataLoader()
    loader.set_vault_secrets(secrets)
    VaultSecretsContext.initialize(VaultSecretsContext(secrets=secrets))
    loader.set_basedir(request["directory"])
    os.chdir(request["directory"])
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    json.dump([evaluate(case, loader) for case in request["cases"]], out)


main()
