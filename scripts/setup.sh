#!/bin/sh
# Installs what the project needs, once, before Node 26 is there to do it.
# usage: setup.sh run   what the relay needs (production dependencies and Node 26)
#        setup.sh dev   that and the tools of `npm test`
# A stamp in node_modules remembers for which lock file it ran; `dev` covers `run`.
set -eu
cd "$(dirname "$0")/.."
want=${1:-run}
case $want in
  run) omit=--omit=dev ;;
  dev) omit= ;;
  *) echo "usage: sh scripts/setup.sh run|dev" >&2; exit 2 ;;
esac
stamp=node_modules/.isthmus-setup
lock=$(cksum < package-lock.json)

if [ -f "$stamp" ]; then
  have=$(cat "$stamp")
  [ "$have" = "dev $lock" ] && exit 0
  [ "$have" = "$want $lock" ] && exit 0
fi

echo "isthmus: installing dependencies ($want), this happens once" >&2
rm -f "$stamp"
# CI and development need the tools even where the shell says NODE_ENV=production.
if ! NODE_ENV= npm ci $omit --include=optional --no-audit --no-fund --loglevel=error; then
  echo "isthmus: npm could not install what package-lock.json lists." >&2
  echo "isthmus: if a package.json was changed, run 'npm install' and try again;" >&2
  echo "isthmus: otherwise see npm's message above (no network? no space?)." >&2
  exit 1
fi
if ! node_modules/.bin/node --version > /dev/null 2>&1; then
  echo "isthmus: no Node 26 for $(uname -s) $(uname -m) in the lock file." >&2
  echo "isthmus: supported are Linux with glibc and macOS, on x64 and arm64." >&2
  exit 1
fi
echo "$want $lock" > "$stamp"
