//! Pure renderers from a WSGI app container's model to the files of nginx, gunicorn, supervisor, cron and sudo.
