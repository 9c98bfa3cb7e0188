/* The shipped samples of a template, held to the rule sets it names in `legal`. */
#ifndef LETTERS_CHECK_LAW_H
#define LETTERS_CHECK_LAW_H

#include "letters/check_scene.h"

void check_law_templates(struct check_scene *s);

#endif
