/* What kind of notice it is, as far as more than a rule somebody wrote depends on it. */
#ifndef MODEL_CATEGORY_H
#define MODEL_CATEGORY_H

#include <stdbool.h>

/*
 * Its letters praise something. In Korea those need consent and a mark (Network Act 50), and leave
 * as advertising; a newsletter is one, whatever else stands in it. Words somebody made up are none:
 * who advertises says so. NULL is none.
 */
bool category_is_advertising(const char *category);

#endif
