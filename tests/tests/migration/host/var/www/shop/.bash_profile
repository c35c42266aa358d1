# Misc settings and Aliases
alias ll='ls -lah --color=auto'

# If the user has a virtual env, source activate and postactivate
if [ -d /var/lib/shop/venv/ ]; then
    . /var/lib/shop/venv/bin/activate
    . /var/lib/shop/venv/bin/postactivate
fi
