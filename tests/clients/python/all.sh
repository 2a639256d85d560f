#!/usr/bin/env bash
# The Python clients, against ENDPOINT: generates what is generated, runs each. PYTHON has requirements.txt installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
python="${PYTHON:-python3}"
"$python" -m ariadne_codegen --config ariadne.toml >/dev/null
"$python" introspect.py ../../../schema/schema.graphql >schema.json
"$python" -m sgqlc.codegen schema schema.json shop_schema.py
for name in gql ariadne sgqlc; do "$python" "with_$name.py"; done
