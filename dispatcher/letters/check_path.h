/* What is checked by a path: the kind of file decides. */
#ifndef LETTERS_CHECK_PATH_H
#define LETTERS_CHECK_PATH_H

#include "letters/check_scene.h"

/* What is wrong was told. ERR_NOT_FOUND, ERR_INPUT (nothing check knows), ERR_IO. */
MUST_CHECK int check_path(struct check_scene *s, const char *path, struct error *err);
/* "campaigns/x/campaign.yaml" of a folder that holds one and is no letter; else NULL. Freed by the
 * caller. */
char *check_path_campaign(const char *path);

#endif
