#!/bin/sh
# Adds certificates to the revocation list of the plugins' authority: revoke.sh FOLDER [SERIAL...]
#
# FOLDER is what `./tenon ca FOLDER` made; SERIAL is hexadecimal, as the audit log has it. The list, FOLDER/plugin-ca.crl, is
# replaced as a whole and good for 30 days: run this without a serial number to make the first, and to extend it. Needs openssl.
set -eu
umask 077

fail() {
  echo "revoke.sh: $1" >&2
  exit 1
}

[ $# -ge 1 ] || fail "expected: revoke.sh FOLDER [SERIAL...]"
folder=$1
shift
[ -r "$folder/plugin-ca.key" ] || fail "$folder/plugin-ca.key: cannot be read (expected: the key of the plugins' authority)"
for serial; do
  case $serial in
    '' | *[!0-9a-fA-F]*) fail "$serial: not a serial number (expected: hexadecimal digits)" ;;
  esac
done

work=$(mktemp -d "$folder/.revoke.XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ -e "$folder/plugin-ca.revoked" ]; then
  cp "$folder/plugin-ca.revoked" "$work/revoked"
else
  : >"$work/revoked"
fi
now=$(date -u +%y%m%d%H%M%SZ)
for serial; do
  serial=$(printf %s "$serial" | tr a-f A-F)
  [ $((${#serial} % 2)) = 0 ] || serial=0$serial # whole octets, as openssl writes them
  cut -f 4 "$work/revoked" | grep -qx "$serial" ||
    printf 'R\t%s\t%s\t%s\tunknown\t/CN=%s\n' "$now" "$now" "$serial" "$serial" >>"$work/revoked"
done
date -u +%Y%m%d%H%M%S >"$work/number" # goes up, as RFC 5280 asks
cat >"$work/openssl.cnf" <<END
[ca]
default_ca = plugins
[plugins]
database = $work/revoked
crlnumber = $work/number
default_md = sha256
default_crl_days = 30
unique_subject = no
crl_extensions = extensions
[extensions]
authorityKeyIdentifier = keyid
END
openssl ca -config "$work/openssl.cnf" -gencrl -keyfile "$folder/plugin-ca.key" -cert "$folder/plugin-ca.crt" -out "$work/crl" ||
  fail "the list was not made; the one before stays"
cp "$work/revoked" "$work/kept" # openssl keeps its own notes beside the other
mv "$work/kept" "$folder/plugin-ca.revoked"
mv "$work/crl" "$folder/plugin-ca.crl"
