"""`python -m linggong`."""

from linggong.cli import main

main()
