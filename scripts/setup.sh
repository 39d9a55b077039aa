#!/bin/sh
# Installs what the project needs, once, before Node 26 is there to do it.
# usage: setup.sh run   what the relay needs (production dependencies and Node 26)
#        setup.sh dev   that and the tools of `npm test`
# A stamp in node_modules remembers for which lock file it ran; `dev` covers `run`.
set -eu
cd "$(dirname "$0")/.."
want=${1:-run}
stamp=node_modules/.isthmus-setup
lock=$(cksum < package-lock.json)

if [ -f "$stamp" ]; then
  have=$(cat "$stamp")
  [ "$have" = "dev $lock" ] && exit 0
  [ "$have" = "$want $lock" ] && exit 0
fi

echo "isthmus: installing dependencies ($want), this happens once" >&2
rm -f "$stamp"
if [ "$want" = dev ]; then
  npm ci --no-audit --no-fund --loglevel=error
else
  npm ci --omit=dev --no-audit --no-fund --loglevel=error
fi
if ! node_modules/.bin/node --version > /dev/null 2>&1; then
  echo "isthmus: no Node 26 build in the lock file for $(uname -s) $(uname -m)." >&2
  echo "isthmus: supported are Linux and macOS on x64 and arm64." >&2
  exit 1
fi
echo "$want $lock" > "$stamp"
