"""One file per noun; each registers its commands on the app that ``api/cli.py`` builds."""
