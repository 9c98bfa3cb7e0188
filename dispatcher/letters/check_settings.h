/* What of the configuration only keys and letters can judge. */
#ifndef LETTERS_CHECK_SETTINGS_H
#define LETTERS_CHECK_SETTINGS_H

#include "letters/check_scene.h"

/* Can mails be signed? As a daemon asks it when it starts. Needs the secrets. */
void check_settings_signing(struct check_scene *s);
/* Are there notices of the categories that keys name? Needs the letters. */
void check_settings_categories(struct check_scene *s);

#endif
