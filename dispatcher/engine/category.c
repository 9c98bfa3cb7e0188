#include "engine/category.h"

#include "render/library_look.h"

const char *category_of(const struct library *l, const struct job *job, const char *template_name)
{
    struct library_notice notice;
    if (job->category != NULL)
        return job->category;
    int index = l != NULL && template_name != NULL ? library_find_template(l, template_name) : -1;
    if (index < 0)
        return NULL;
    library_template_notice(l, index, &notice);
    return notice.category;
}
