#!/bin/sh
# Refuses to deploy with secrets that are missing, placeholders, or open to others: sh check-secrets.sh FILE...
# Exit status 0: all are good; 1: one is not, each is named; 2: wrong usage. Prints nothing of what is in a file.
set -eu

[ $# -gt 0 ] || { echo "usage: check-secrets.sh FILE..." >&2; exit 2; }
status=0

refuse() {
  echo "$1: $2" >&2
  status=1
}

check() {
  if [ ! -f "$1" ]; then
    refuse "$1" "missing (expected: a file)"
  elif [ ! -s "$1" ]; then
    refuse "$1" "empty (expected: a secret)"
  elif grep -Eiq 'replace[-_ ]?me|change[-_ ]?me|placeholder|your[-_ ](key|secret|password)|example[-_ ]?secret|<[a-z _-]+>|\bTODO\b' "$1"; then
    refuse "$1" "a placeholder (expected: a secret of your own)"
  else
    case $1 in
      *.crt) grep -q '^-----BEGIN CERTIFICATE-----$' "$1" || refuse "$1" "no certificate (expected: PEM)" ;;
      *.key) grep -Eq '^-----BEGIN (ENCRYPTED )?PRIVATE KEY-----$' "$1" || refuse "$1" "no key (expected: PKCS#8 in PEM)" ;;
    esac
    case $1 in
      *.crt) ;;
      *)
        mode=$(ls -lL "$1")
        case $mode in
          -???------*) ;;
          *) refuse "$1" "open to group or others (expected: mode 0600)" ;;
        esac
        ;;
    esac
  fi
}

for file in "$@"; do check "$file"; done
exit $status
