"""The data that the bundled models describe: tables first, rows when they are asked for."""
