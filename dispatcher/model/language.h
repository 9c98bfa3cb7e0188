/* What people write for a language where a language tag (BCP 47) is wanted. */
#ifndef MODEL_LANGUAGE_H
#define MODEL_LANGUAGE_H

#include <stddef.h>

/* The tag that is meant by a word that is none: the name of a language in German, Korean, English
 * or itself, its code of three letters where there is one of two (ISO 639-2), the code of a country
 * that is no language. `len` bytes, in any case of ASCII; NULL: nobody knows. */
const char *language_find_tag(const char *word, size_t len);

#endif
