/* What of the configuration only keys and letters can judge. */
#ifndef LETTERS_CHECK_SETTINGS_H
#define LETTERS_CHECK_SETTINGS_H

#include "letters/check_scene.h"

/* Can mails be signed? As a daemon asks it when it starts. Needs the secrets. */
void check_settings_signing(struct check_scene *s);
/* Are there notices of the categories that keys name? Needs the letters. */
void check_settings_categories(struct check_scene *s);
/* Is it still the organisation of the shipped configuration that would write? A warning then. */
void check_settings_organisation(struct check_scene *s);
/* The first of its names that is; NULL: none. Borrowed. */
const struct organisation_field *check_settings_sample_name(const struct settings *s);

#endif
