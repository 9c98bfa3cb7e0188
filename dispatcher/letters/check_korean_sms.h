/* The text messages of letters in Korean as they are written, whoever reads them. */
#ifndef LETTERS_CHECK_KOREAN_SMS_H
#define LETTERS_CHECK_KOREAN_SMS_H

#include "letters/check_scene.h"

/* What no Korean gateway can send, emoji for example. `template_index` -1: of all letters that are
 * asked about. */
void check_korean_sms(struct check_scene *s, int template_index);

#endif
