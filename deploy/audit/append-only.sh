#!/bin/sh
# Makes the audit log append-only on Linux, or lifts that: append-only.sh set|lift FILE
#
# With the attribute nobody, not even the owner, can change or cut what is in the file; only root
# can lift it. File systems: ext4, xfs, btrfs. The host then cannot seal a full segment and writes on
# in the same one: let logrotate do that (audit/logrotate.conf).
set -eu

usage() {
  echo "usage: append-only.sh set|lift FILE" >&2
  exit 2
}

[ $# -eq 2 ] || usage
file=$2
[ -f "$file" ] || { echo "append-only.sh: $file: no file" >&2; exit 2; }
case $1 in
  set) exec chattr +a -- "$file" ;;
  lift) exec chattr -a -- "$file" ;;
  *) usage ;;
esac
