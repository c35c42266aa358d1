"""An app as there are many: its vars file, and what each template of ours is given for it."""


def vars_file(i):
    name = f"app{i}"
    return f"""\
wsgi_project_name: {name}
wsgi_wsgi_path: project.wsgi
wsgi_support_email: help@{name}.example.org
wsgi_ssh_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f deploy
wsgi_server_names: [{name}.example.org, www.{name}.example.org]
wsgi_ssl: yes
wsgi_force_ssl: yes
wsgi_gunicorn_max_requests: 1000
wsgi_env_vars:
  secret_key: 'k8#x$Q it''s secret {i}'
  debug: 'off'
  broker_url: redis://127.0.0.1:6379/{i}
wsgi_databases:
  - {{id: main, name: {name}, user: {name}, password: 's3cret{i}', host: 127.0.0.1, port: 5432}}
wsgi_cron_tasks:
  - name: Clean up sessions
    command: python current/manage.py clearsessions
    frequency: {{minute: '30', hour: '4'}}
    logfile: /var/log/{name}/sessions.log
    lock: yes
    slug: sessions
"""


def environment(i):
    name, upper = f"app{i}", f"APP{i}"
    home, storage = f"/var/www/{name}", f"/mnt/{name}"
    venv, logs = f"/var/lib/{name}/venv/", f"/var/log/{name}/"
    generated = {
        "APP_PATH": f"{home}/",
        "APP_NAME": name,
        "RELEASE_DIR": f"{home}/releases/",
        "APP_RELEASE_DIR": f"{home}/releases/",
        "VENV": venv,
        "APP_VENV": venv,
        "LOG_DIR": logs,
        "APP_LOG_DIR": logs,
        "PID": f"/var/lib/{name}/run/gunicorn.pid",
        "STATIC_DIR": f"{home}/current/static/",
        "APP_STATIC_DIR": f"{home}/current/static/",
        "MEDIA_DIR": f"{storage}/media/",
        "APP_MEDIA_DIR": f"{storage}/media/",
    }
    database = {
        "NAME": name,
        "USER": name,
        "PASSWORD": f"s3cret{i}",
        "HOST": "127.0.0.1",
        "PORT": "5432",
    }
    return {
        **{f"{upper}_{key}": value for key, value in generated.items()},
        "CURRENT_RELEASE": f"{home}/current",
        **{f"{upper}_DB_MAIN_{key}": value for key, value in database.items()},
        "SECRET_KEY": f"k8#x$Q it's secret {i}",
        "DEBUG": "off",
        "BROKER_URL": f"redis://127.0.0.1:6379/{i}",
    }


def views(i):
    """For each file of the app: its path, its template, and the view of that template."""
    name = f"app{i}"
    home, storage, config = f"/var/www/{name}", f"/mnt/{name}", f"/etc/wsgi/{name}"
    state, logs, nginx = f"/var/lib/{name}", f"/var/log/{name}", f"/etc/nginx/wsgi/{name}"
    profile = {"name": name, "profile": f"{config}/profile"}
    page = {
        "has_contact": True,
        "address": f"help@{name}.example.org",
        "mailto": f"mailto:help@{name}.example.org",
    }
    files = {
        f"/etc/cron.d/{name}": ("crontab", {
            "app": name,
            "tasks": [{
                "name": "Clean up sessions",
                "schedule": "30 4 * * *",
                "user": name,
                "wrapper": f"{config}/cron/clean-up-sessions",
            }],
        }),
        f"{config}/cron/clean-up-sessions": ("cron_wrapper", {
            "app": name,
            "name": "Clean up sessions",
            "command": "python current/manage.py clearsessions",
            "shown_command": "python current/manage.py clearsessions",
            "user": name,
            "drops": False,
            "is_apps": True,
            "home": home,
            "system_path": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "virtualenv_bin": f"{state}/venv/bin",
            "env_file": f"{config}/env",
            "environment": [],
            "locks": True,
            "lock_file": f"{state}/locks/sessions.lock",
            "skipped": "skipped while its last run goes on: Clean up sessions",
            "log_none": False,
            "log_direct": True,
            "log_piped": False,
            "log_user": "",
            "log_file": f"{logs}/sessions.log",
        }),
        f"{config}/env": ("environment", {
            "name": name,
            "variables": [
                {"name": variable, "value": value} for variable, value in environment(i).items()
            ],
        }),
        f"{config}/gunicorn_start": ("gunicorn/start", {
            "name": name,
            "user": name,
            "home": home,
            "current": f"{home}/current",
            "virtualenv": f"{state}/venv",
            "env_file": f"{config}/env",
            "conf_file": f"{config}/gunicorn.conf.py",
            "pid_file": f"{state}/run/gunicorn.pid",
            "wsgi": "project.wsgi",
        }),
        f"{config}/gunicorn.conf.py": ("gunicorn/conf", {
            "name": name,
            "bind": f"unix:{state}/run/gunicorn.sock",
            "pid_file": f"{state}/run/gunicorn.pid",
            "log_file": f"{logs}/{name}.log",
            "workers": 5,
            "timeout": 30,
            "graceful_timeout": 30,
            "max_requests": 1000,
            "recycles": True,
            "max_requests_jitter": 100,
            "limit_request_line": 8190,
        }),
        f"/etc/logrotate.d/{name}": ("logrotate", {
            "app": name,
            "user": name,
            "group": name,
            "logs": logs,
            "task_logs": [],
            "supervisor_log": f"/var/log/supervisor/{name}.log",
            "has_nginx_logs": False,
            "nginx_logs": [],
        }),
        f"{nginx}/proxy.conf": ("nginx/proxy", {
            "name": name,
            "connect_timeout": 60,
            "send_timeout": 60,
            "read_timeout": 60,
        }),
        f"/etc/nginx/sites-available/{name}": ("nginx/site", {
            "name": name,
            "socket": f"unix:{state}/run/gunicorn.sock",
            "http_port": 80,
            "default_server": False,
            "server_names": [f"{name}.example.org", f"www.{name}.example.org"],
            "redirect": True,
            "tls": True,
            "tls_settings": f"{nginx}/tls.conf",
            "hsts": True,
            "hsts_max_age": 63072000,
            "access_log": f"/var/log/nginx/{name}.access.log",
            "error_log": f"/var/log/nginx/{name}.error.log",
            "keepalive_timeout": 75,
            "send_timeout": 60,
            "maintenance_flag": f"{home}/maintenance.html",
            "maintenance_page": f"{storage}/maintenance.html",
            "error_page": f"{storage}/500.html",
            "storage": storage,
            "static_files": {
                "present": True,
                "path": f"{home}/current/static/",
                "links_from": f"from={home}",
            },
            "media": {
                "present": True,
                "path": f"{storage}/media/",
                "links_from": f"from={storage}",
            },
            "proxy": f"{nginx}/proxy.conf",
            "includes": [],
        }),
        f"{nginx}/tls.conf": ("nginx/tls", {
            "name": name,
            "port": 443,
            "default_server": False,
            "http2_directive": False,
            "certificate": f"/etc/ssl/certs/{name}.crt",
            "key": f"/etc/ssl/private/{name}.key",
            "protocols": ["TLSv1.2", "TLSv1.3"],
            "ciphers": ":".join([
                "ECDHE-ECDSA-AES128-GCM-SHA256",
                "ECDHE-RSA-AES128-GCM-SHA256",
                "ECDHE-ECDSA-AES256-GCM-SHA384",
                "ECDHE-RSA-AES256-GCM-SHA384",
                "ECDHE-ECDSA-CHACHA20-POLY1305",
                "ECDHE-RSA-CHACHA20-POLY1305",
            ]),
            "curves": "X25519:prime256v1:secp384r1",
            "keep_tickets": False,
            "diffie_hellman": False,
            "dhparam": "",
            "staple": False,
            "staple_certificate": "",
            "resolver": "8.8.8.8",
            "resolver_timeout": 30,
            "hsts": True,
        }),
        f"{storage}/500.html": ("pages/page", {"maintenance": False, **page}),
        f"{storage}/maintenance.html": ("pages/page", {"maintenance": True, **page}),
        f"{config}/profile": ("profile/profile", {
            "name": name,
            "virtualenv": f"{state}/venv",
            "env_file": f"{config}/env",
        }),
        f"{home}/.bashrc": ("profile/bashrc", profile),
        f"{home}/.bash_profile": ("profile/bash_profile", profile),
        f"/etc/init.d/{name}": ("service/init", {"name": name}),
        f"/etc/systemd/system/{name}.service": ("service/unit", {
            "name": name,
            "init_script": f"/etc/init.d/{name}",
            "start_timeout": 110,
            "stop_timeout": 50,
        }),
        f"/etc/sudoers.d/{name}": ("sudoers", {"name": name, "user": name, "full": False}),
        f"/etc/supervisor/conf.d/{name}.conf": ("supervisor", {
            "name": name,
            "user": name,
            "start": f"{config}/gunicorn_start",
            "log_file": f"/var/log/supervisor/{name}.log",
            "stop_wait": 40,
        }),
    }
    return [(path, template, view) for path, (template, view) in files.items()]
