/* The samples of a template folder, fixtures/NAME.json: every one must render in every language and
 * on every channel, so that what only values bring to light (a webhook body that is no JSON, say)
 * is found by a check and not by a send. */
#ifndef RENDER_FIXTURES_H
#define RENDER_FIXTURES_H

#include "render/library_backend.h"
#include "render/report.h"

void fixtures_check(const struct library *l, struct report *report);

#endif
