"""The `coverslip` command; each subcommand is loaded only when it is called."""

from __future__ import annotations

import importlib
import sys

import click

from coverslip import __version__
from coverslip.errors import CoverslipError

COMMANDS = {
    "analyze": "Read a marker on a slide or an image, without any server.",
    "backup": "Copy database and blobs into one archive.",
    "check": "Prove that rows, bytes, reports and the audit trail agree.",
    "convert": "Write a slide as a DICOM series, OME-TIFF or TIFF.",
    "demo": "Fill a data folder with the demo region and walk one case through it.",
    "ingest": "Take slides in.",
    "phantom": "Render a slide of tissue with known truth.",
    "restore": "Bring a backup back.",
    "score": "Apply a scoring profile to counts.",
    "serve": "Run the web server.",
    "slide": "Tell what a slide file is.",
    "user": "Create people and set passwords from the command line.",
    "watch": "Take slides in as scanners write them.",
    "worker": "Run jobs: readings, ingest, upkeep.",
}


class LazyGroup(click.Group):
    """Imports `coverslip.cli.<name>` and takes its `command` when `<name>` is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The subcommands' names, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the subcommand, or None for a name that does not exist."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"coverslip.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="coverslip")
def cli() -> None:
    """Coverslip: digital pathology, from the scanner's file to the signed report. Not a medical device.

    Exit status: 0 done; 1 it failed (what and why on standard error); 2 bad input or usage.
    """


def main() -> None:
    """Entry point: known errors are printed with their mend, in both languages, and exit with 1 or 2."""
    try:
        left_with = cli(standalone_mode=False)  # click returns the status of an Exit instead of raising it
        sys.exit(left_with if isinstance(left_with, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        click.echo("interrupted / 已中断", err=True)
        sys.exit(130)
    except CoverslipError as error:
        for locale in ("en", "zh-CN"):
            click.echo(f"{error.code}: {error.message(locale)}\n  {error.mend(locale)}", err=True)
        sys.exit(error.exit_status)


if __name__ == "__main__":
    main()
