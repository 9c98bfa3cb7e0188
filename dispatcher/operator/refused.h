/* What nobody knows by its id may have been refused: then it lies in corrupt/. */
#ifndef OPERATOR_REFUSED_H
#define OPERATOR_REFUSED_H

#include "cli/session.h"

/* Hands `rc` back; of ERR_NOT_FOUND says in *err that `id` lies in corrupt/, if it does. */
MUST_CHECK int refused_explain(struct session *s, const char *id, int rc, struct error *err);

#endif
