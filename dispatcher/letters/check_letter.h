/* `check TEMPLATE --facts F --cohort C --audience CSV`: a letter with somebody's facts and people,
 * without a campaign. */
#ifndef LETTERS_CHECK_LETTER_H
#define LETTERS_CHECK_LETTER_H

#include "letters/check_scene.h"

/* Nothing without those options. ERR_USAGE, and as check_campaign(). */
MUST_CHECK int check_letter_with_facts(struct check_scene *s, const char *template_name,
                                       struct error *err);

#endif
