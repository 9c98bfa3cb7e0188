/* The shipped samples of a template, held to the rule sets it names in `legal`. */
#ifndef OPERATOR_CHECK_LAW_H
#define OPERATOR_CHECK_LAW_H

#include "operator/check_scene.h"

void check_law_templates(struct check_scene *s);

#endif
