/* What is checked by a path: the kind of file decides. */
#ifndef LETTERS_CHECK_PATH_H
#define LETTERS_CHECK_PATH_H

#include "letters/check_scene.h"

/* What is wrong was told. ERR_NOT_FOUND, ERR_INPUT (nothing check knows), ERR_IO. */
MUST_CHECK int check_path(struct check_scene *s, const char *path, struct error *err);

#endif
