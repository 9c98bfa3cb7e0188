#include "model/category.h"

#include "base/text.h"

bool category_is_advertising(const char *category)
{
    return text_equal(category, "ad") || text_equal(category, "newsletter");
}
