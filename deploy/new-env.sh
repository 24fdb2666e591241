#!/bin/sh
# Writes .env and the replica set's key file, with fresh secrets that only you can read.
set -eu
umask 077
cd "$(dirname "$0")/.."

key_file=deploy/secrets/mongodb-key
for file in .env "$key_file"; do
  if [ -e "$file" ]; then
    echo "$file exists and stays as it is: the running databases know its secrets. Move it away to make a new one." >&2
    exit 1
  fi
done

hex() { od -An -v -tx1 -N"$1" /dev/urandom | tr -d ' \n'; }
base64_of() { head -c "$1" /dev/urandom | base64 | tr -d '\n'; }

mkdir -p deploy/secrets
base64_of 756 > "$key_file"
sed \
  -e "s|^POSTGRES_PASSWORD=\$|&$(hex 24)|" \
  -e "s|^MONGODB_ROOT_PASSWORD=\$|&$(hex 24)|" \
  -e "s|^MONGODB_PASSWORD=\$|&$(hex 24)|" \
  -e "s|^MONGODB_KEY_FILE=\$|&./$key_file|" \
  -e "s|^HERALD_ADMIN_KEY=\$|&$(hex 32)|" \
  -e "s|^HERALD_ENCRYPTION_KEY=\$|&$(base64_of 32)|" \
  .env.example > .env
echo "Wrote .env and $key_file. Keep a copy of both where your backups are not."
