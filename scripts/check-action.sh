#!/usr/bin/env bash
# The check step of action.yml: inputs come in the environment, so that nothing in them is run. Gives the exit code of
# `halfopen check`, and says in GITHUB_OUTPUT whether a path is unsafe.
set -uo pipefail

arguments=(check --format "${HALFOPEN_FORMAT:-text}")
[ "${HALFOPEN_STRICT:-false}" = true ] && arguments+=(--strict)
[ "${HALFOPEN_FIX:-true}" = true ] && arguments+=(--fix)
[ -n "${HALFOPEN_OUTPUT:-}" ] && arguments+=(--output "$HALFOPEN_OUTPUT")

files=()
while IFS= read -r file; do
  [ -n "$file" ] && files+=("$file")
done <<<"${HALFOPEN_FILES:-}"
if [ ${#files[@]} -eq 0 ]; then
  echo "no files were given" >&2
  exit 2
fi

"${HALFOPEN_COMMAND:-$GITHUB_ACTION_PATH/halfopen}" "${arguments[@]}" -- "${files[@]}"
status=$?

unsafe=false
[ "$status" -eq 1 ] && unsafe=true
echo "unsafe=$unsafe" >>"${GITHUB_OUTPUT:-/dev/null}"
exit "$status"
