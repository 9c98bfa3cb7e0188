/*
 * The samples of all templates, fixtures/NAME.json: every one must render in every language and on
 * every channel, so that what only values bring to light (a webhook body that is no JSON, say) is
 * found by a check and not by a send. A daemon that starts does not need this.
 */
#ifndef RENDER_FIXTURES_H
#define RENDER_FIXTURES_H

#include "render/library.h"

void fixtures_check(const struct library *l, problem_fn *problem, void *context);

#endif
