/*
 * A folder of pages for a browser: index.html with the languages beside each other section by
 * section, and a page each for mail, plain text, SMS and webhook. No script, nothing from outside:
 * they work from a disk, on paper, and with styles off.
 */
#ifndef LETTERS_PREVIEW_HTML_H
#define LETTERS_PREVIEW_HTML_H

#include "letters/preview.h"

/* Replaces pages of an earlier preview in this folder; ERR_CONFLICT if an index.html there is
 * somebody else's. Prints where to look. */
MUST_CHECK int preview_write_pages(struct preview *p, const char *directory, struct error *err);

#endif
