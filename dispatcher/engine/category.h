/*
 * What kind of notice it is: rules ask for it, it may override the suppression list, mail offers to
 * unsubscribe by it and SMS gateways hear of it. Everybody asks here.
 */
#ifndef ENGINE_CATEGORY_H
#define ENGINE_CATEGORY_H

#include "model/job.h"
#include "render/library.h"

/* The notice's own, else that of its template's template.yaml; NULL: neither says. The template is
 * the one of the route, before there is a route the one the notice names (NULL: none, or one there
 * is not). Borrowed from the job or the library. */
const char *category_of(const struct library *l, const struct job *job, const char *template_name);

#endif
