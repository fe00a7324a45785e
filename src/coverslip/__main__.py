"""`python -m coverslip` is the `coverslip` command."""

from coverslip.cli.main import main

if __name__ == "__main__":
    main()
