#!/bin/sh
# Makes the secrets of compose.yaml in the folder `secrets` beside this file. As root, once; what is there already is kept.
#
# Each file belongs to the one account that reads it and is closed to others (the proxy refuses a secret that is not), by the
# number the account has inside its container: the engine binds these files as they are.
set -eu
proxy=10001 postgres=999 grafana=472

cd "$(dirname "$0")"
[ "$(id -u)" = 0 ] || { echo "secrets.sh: run it as root: each file is given to the account of its container" >&2; exit 1; }
umask 077
mkdir -p secrets
chmod 711 secrets # readers pass through, and cannot list
cd secrets

keep() { # name, owner, and on standard input what it holds
    [ -e "$1" ] || { cat > "$1.new"; chown "$2:$2" "$1.new"; chmod 400 "$1.new"; mv "$1.new" "$1"; }
}
random() { head -c 32 /dev/urandom | base64; }

random | keep master.key $proxy
random | keep catalog.password $proxy
keep catalog.password.postgres $postgres < catalog.password # the same, for the script that creates the login
random | keep postgres.password $postgres
random | keep grafana.password $grafana

# A certificate of its own for trying it out: clients take tls.crt as sslrootcert. Put one of your authority's here instead.
if [ ! -e tls.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj /CN=localhost \
        -addext subjectAltName=DNS:localhost,DNS:proxy,IP:127.0.0.1 -keyout made.key -out made.crt 2>/dev/null
    keep tls.key $proxy < made.key
    keep tls.crt $proxy < made.crt
    chmod 444 tls.crt
    rm made.key made.crt
fi
