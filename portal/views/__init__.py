"""The pages, one file for each subject; `pages.PAGES` is the one list of them."""
