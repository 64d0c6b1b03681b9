#!/usr/bin/env bash
# Builds the browser half into target/site: wasm, its glue, style sheet, fonts and icons, with compressed copies.
# Does nothing when nothing it is made from has changed. PROFILE=dev leaves the size alone and is quicker.
. "$(dirname "$0")/lib.sh"

profile="${PROFILE:-wasm-release}"
site=target/site
stamp="$site/.stamp"
sources=(app crates/types style public Cargo.lock Cargo.toml package-lock.json scripts/front.sh)
fingerprint=$(
  { echo "$profile"; find "${sources[@]}" -type f -print0 | sort -z | xargs -0 sha256sum; } | sha256sum | cut -d' ' -f1
)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$fingerprint" ]; then
  echo "    the browser half is up to date"
  exit 0
fi

mkdir -p "$site/pkg"
environment=$(scripts/wasm_env.sh)
(
  # Only this build uses the compiler for the web; the server is built with the ordinary one.
  eval "$environment"
  cargo rustc -p app --lib --crate-type cdylib --no-default-features --features hydrate \
    --target wasm32-unknown-unknown --target-dir target/front --profile "$profile"
)
folder=$profile
[ "$profile" != dev ] || folder=debug
wasm-bindgen --target web --no-typescript --out-name kairos --out-dir "$site/pkg" \
  "target/front/wasm32-unknown-unknown/$folder/app.wasm"
if [ "$profile" != dev ]; then
  # Debian's binaryen breaks the module; this is npm's.
  node_modules/.bin/wasm-opt -Oz "$site/pkg/kairos_bg.wasm" -o "$site/pkg/kairos_bg.wasm"
fi
node_modules/.bin/esbuild --log-level=warning --minify --format=esm "$site/pkg/kairos.js" --outfile="$site/pkg/kairos.js" --allow-overwrite
node_modules/.bin/lightningcss --minify --bundle --targets '>= 0.5%' style/main.css -o "$site/kairos.css"
cp -r public/. "$site/"
find "$site" -type f \( -name '*.wasm' -o -name '*.js' -o -name '*.css' -o -name '*.svg' \) -exec sh -c '
  for file; do brotli --force --quality=11 "$file"; gzip --force --keep --best "$file"; done' sh {} +
echo "$fingerprint" >"$stamp"
