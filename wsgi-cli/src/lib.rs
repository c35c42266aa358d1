//! Render, plan, apply and deploy WSGI app containers from one vars file per app.
