/* What one notice of a chain opened for the next ones, closed or not. */
#ifndef LAW_OBLIGATIONS_H
#define LAW_OBLIGATIONS_H

#include "law/law.h"

/* Those of one link. */
void obligations_walk(const struct law *l, const struct law_case *chain, size_t count, size_t link,
                      law_duty_fn *tell, void *context);

#endif
