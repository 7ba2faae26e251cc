#!/usr/bin/env bash
# api.sh APIDIFF compares the exported API with that of the last tag. A change that breaks callers must be announced
# under "### Breaking" of the changelog's Unreleased section.
set -euo pipefail

apidiff=$1
tag=$(git describe --tags --abbrev=0 --match 'v*' 2> /dev/null || true)
if [[ -z $tag ]]; then
	echo "no release to compare with"
	exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/old"
git archive "$tag" | tar -x -C "$work/old"
module=$(go list -m)
(cd "$work/old" && "$apidiff" -m -w "$work/old.api" "$module")
"$apidiff" -m -w "$work/new.api" "$module"
"$apidiff" -m "$work/old.api" "$work/new.api"

broken=$("$apidiff" -m -incompatible "$work/old.api" "$work/new.api")
if [[ -n $broken ]] && ! sed -n '/^## \[Unreleased\]/,/^## \[[0-9]/p' CHANGELOG.md | grep -q '^### Breaking'; then
	echo "breaks callers of $tag and the changelog does not say so:" >&2
	echo "$broken" >&2
	exit 1
fi
