#!/usr/bin/env bash
# Prints `export` lines with which cargo builds for wasm32-unknown-unknown, and makes that possible first.
#
#   eval "$(scripts/wasm_env.sh)"
#
# 1. The toolchain has the target: nothing to do.
# 2. RUSTUP_AUTO_INSTALL=0 says that this machine's toolchain is not to be touched: Debian's own compiler for the web
#    (packages rustc-web and friends) is unpacked into the tools folder, nothing is installed, and std is compiled once.
# 3. Otherwise: rustup target add.
. "$(dirname "$0")/lib.sh"

TARGET=wasm32-unknown-unknown
HOME_OF_WASM="$TOOLS/wasm"

has_target() {
  local libraries
  libraries=$("$1" --print target-libdir --target "$TARGET" 2>/dev/null) && compgen -G "$libraries/libcore-*.rlib" >/dev/null
}

tell() { printf '    %s\n' "$*" >&2; }

if has_target rustc; then
  exit 0
fi
if [ "${RUSTUP_AUTO_INSTALL:-1}" != 0 ] && command -v rustup >/dev/null; then
  tell "rustup target add $TARGET"
  rustup target add "$TARGET" >&2
  exit 0
fi

root="$HOME_OF_WASM/root"
wrapper="$HOME_OF_WASM/bin/rustc"

print_environment() {
  echo "export RUSTC='$wrapper'"
  echo "export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER='$HOME_OF_WASM/bin/rust-lld'"
}

if [ -x "$wrapper" ] && has_target "$wrapper"; then
  print_environment
  exit 0
fi

for tool in apt-get dpkg-deb cc; do
  command -v "$tool" >/dev/null || die "the wasm target is missing and there is no $tool here. The line to type: rustup target add $TARGET"
done

rm -rf "$HOME_OF_WASM"
mkdir -p "$root" "$HOME_OF_WASM/debs" "$HOME_OF_WASM/bin"

candidate() { apt-cache policy "$1" 2>/dev/null | sed -n 's/^ *Candidate: //p' | grep -v '^(none)$' || true; }
first_dependency() { apt-cache depends "$1" | sed -n 's/^ *|*Depends: *//p' | grep -E -m1 "$2"; }

[ -n "$(candidate rustc-web)" ] || { tell "apt-get update"; apt-get -q update >/dev/null || die "apt-get update failed. The line to type, as root: apt-get update"; }
[ -n "$(candidate rustc-web)" ] || die "this Debian has no rustc-web. The line to type: rustup target add $TARGET"

std=$(first_dependency libstd-rust-web-dev '^libstd-rust-web-[0-9]')
llvm=$(first_dependency "$std" '^libllvm[0-9]+' || first_dependency rustc-web '^libllvm[0-9]+')
version=$(printf '%s' "$llvm" | sed 's/^libllvm\([0-9]*\).*/\1/')

unpack() {
  tell "unpacking $1"
  (cd "$HOME_OF_WASM/debs" && apt-get -q -o APT::Sandbox::User="$(id -un)" download "$1" >/dev/null 2>&1) || die "apt-get download $1 failed"
  dpkg-deb -x "$HOME_OF_WASM"/debs/"$1"_*.deb "$root"
}
for package in rustc-web libstd-rust-web-dev "$std" rust-web-src cargo-web "$llvm" "lld-$version"; do unpack "$package"; done

multiarch=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo x86_64-linux-gnu)
host=$(rustc -vV | sed -n 's/^host: //p')
libraries="$root/usr/lib/$multiarch:$root/usr/lib/llvm-$version/lib:$root/lib/$multiarch"
lld="$root/usr/lib/llvm-$version/bin/lld"

# What libLLVM and lld link to and this machine lacks comes from the packages that hold it.
declare -A package_of=(
  [libz3.so.4]=libz3-4 [libxml2.so.2]=libxml2 [libedit.so.2]=libedit2 [libbsd.so.0]=libbsd0 [libmd.so.0]=libmd0
  [libffi.so.8]=libffi8 [libzstd.so.1]=libzstd1 [libtinfo.so.6]=libtinfo6 [liblzma.so.5]=liblzma5 [libicuuc.so.72]=libicu72
)
for _ in 1 2 3; do
  missing=$(LD_LIBRARY_PATH=$libraries ldd "$root/usr/bin/rustc" "$lld" 2>/dev/null | sed -n 's/^\t*\([^ ]*\) => not found$/\1/p' | sort -u)
  [ -n "$missing" ] || break
  for library in $missing; do
    [ -n "${package_of[$library]:-}" ] || die "the shared library $library is missing here"
    unpack "${package_of[$library]}"
  done
done

wrap() {
  printf '#!/bin/sh\nLD_LIBRARY_PATH="%s${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" exec "%s" "$@"\n' "$libraries" "$2" >"$HOME_OF_WASM/bin/$1"
  chmod 755 "$HOME_OF_WASM/bin/$1"
}
wrap rustc "$root/usr/bin/rustc"
wrap cargo "$root/usr/bin/cargo"
wrap rust-lld "$lld"
mkdir -p "$root/usr/lib/rustlib/$host/bin" "$root/usr/lib/rustlib/src"
ln -sf "$lld" "$root/usr/lib/rustlib/$host/bin/rust-lld"
source_of_std=$(find "$root/usr/src" -maxdepth 3 -path '*/library/Cargo.toml' -print -quit)
ln -sfn "$(dirname "$(dirname "$source_of_std")")" "$root/usr/lib/rustlib/src/rust"

# std's manifest may use what an older cargo does not know, so the one that belongs to it goes first.
cargo="$HOME_OF_WASM/bin/cargo"
"$cargo" -V >/dev/null 2>&1 || cargo=$(command -v cargo)

tell "compiling std for $TARGET, once"
probe="$HOME_OF_WASM/probe"
mkdir -p "$probe/src"
printf '[package]\nname = "probe_of_std"\nversion = "0.0.0"\nedition = "2021"\n[lib]\ncrate-type = ["cdylib"]\n[workspace]\n[profile.release]\nopt-level = "s"\npanic = "abort"\n' >"$probe/Cargo.toml"
printf '#[no_mangle]\npub extern "C" fn probe() -> usize {\n    std::collections::HashMap::<u8, u8>::new().len()\n}\n' >"$probe/src/lib.rs"
# RUSTC_BOOTSTRAP is for this one build of std; everything of ours is then built without it.
(
  cd "$probe" &&
    env -u RUSTFLAGS -u CARGO_TARGET_DIR -u CARGO -u RUSTUP_TOOLCHAIN RUSTC="$wrapper" RUSTC_BOOTSTRAP=1 CARGO_INCREMENTAL=0 \
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER="$HOME_OF_WASM/bin/rust-lld" \
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS="-Cembed-bitcode=yes -Zforce-unstable-if-unmarked" \
      "$cargo" build --release --target "$TARGET" --target-dir target \
      -Zbuild-std=std,panic_abort,panic_unwind,proc_macro >"$HOME_OF_WASM/std.log" 2>&1
) || { tail -15 "$HOME_OF_WASM/std.log" >&2; die "std could not be compiled; the log is $HOME_OF_WASM/std.log"; }
placed="$root/usr/lib/rustlib/$TARGET/lib"
mkdir -p "$placed"
find "$probe/target/$TARGET/release" -name '*.rlib' ! -name 'libprobe_of_std*' -exec cp {} "$placed/" \;
has_target "$wrapper" || die "std was compiled but is not found by $wrapper"
rm -rf "$probe" "$HOME_OF_WASM/debs" "$root/usr/src" "$root/usr/lib/rustlib/src" "$root/usr/share"
print_environment
