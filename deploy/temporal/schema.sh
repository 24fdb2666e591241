#!/bin/sh
# Brings Temporal's two databases to the schema of this image's version, from nothing or from an
# older one; what is already there stays. The tool carries the schema and reads SQL_* itself.
set -eu

bring() {
  temporal-sql-tool --database "$1" create-database
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-name "$2"
}

bring temporal postgresql/v12/temporal
bring temporal_visibility postgresql/v12/visibility
echo 'The databases of Temporal have the schema of this version'
