#!/bin/sh
# Makes tests/access/keys/: see README.md there.
set -eu
out=$(dirname "$0")/keys
rm -rf "$out"
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

make() { # NAME TYPE BITS COMMENT
  ssh-keygen -q -N '' -t "$2" ${3:+-b "$3"} -C "$4" -f "$work/$1"
}
for bits in 1024 2047 2048 3072 4096; do make rsa-$bits rsa $bits "rsa $bits"; done
for bits in 256 384 521; do make ecdsa-$bits ecdsa $bits "ecdsa $bits"; done
make ed25519 ed25519 '' 'ines@example.test'
make dsa dsa '' 'old'
make ca ed25519 '' 'ca'

# A key of a hardware token is the plain one with the application behind it.
python3 - "$work" <<'PYTHON'
import base64, struct, sys
def string(b): return struct.pack('>I', len(b)) + b
def fields(path):
    blob, found = base64.b64decode(open(path).read().split()[1]), []
    while blob:
        n = struct.unpack('>I', blob[:4])[0]
        found.append(blob[4:4 + n])
        blob = blob[4 + n:]
    return found
for name, kind, plain in [('sk-ed25519', 'sk-ssh-ed25519@openssh.com', 'ed25519'), ('sk-ecdsa', 'sk-ecdsa-sha2-nistp256@openssh.com', 'ecdsa-256')]:
    blob = b''.join(map(string, [kind.encode(), *fields(f'{sys.argv[1]}/{plain}.pub')[1:], b'ssh:']))
    open(f'{sys.argv[1]}/{name}.pub', 'w').write(f'{kind} {base64.b64encode(blob).decode()} token\n')
PYTHON

for name in rsa-2048 dsa ecdsa-384 ed25519 sk-ed25519 sk-ecdsa; do
  ssh-keygen -q -s "$work/ca" -I someone -n someone "$work/$name.pub"
done
# As a server's authorized_keys may have them: options, in which a blank or a quote may stand.
printf 'from="10.0.0.0/8,!10.1.0.0/16",command="echo \\"a b\\" ssh-rsa" %s\n' "$(cat "$work/ed25519.pub")" > "$work/options.pub"

for file in "$work"/*.pub; do
  name=$(basename "$file")
  printf '%s %s\n' "$name" "$(ssh-keygen -lf "$file")" >> "$out/fingerprints.txt"
  cp "$file" "$out/"
done
# Forms that `ssh-keygen -lf` does not take; the fingerprint is that of rsa-3072.pub.
ssh-keygen -e -f "$work/rsa-3072.pub" | sed 's/, converted.*"/"/' > "$out/rfc4716.txt"
ssh-keygen -e -m PKCS8 -f "$work/rsa-3072.pub" > "$out/pkcs8.txt"
