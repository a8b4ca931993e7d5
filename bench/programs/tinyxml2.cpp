/* tinyxml2.cpp: settings in XML are parsed, changed and printed again.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <tinyxml2.h>

#include <cstdio>
#include <cstring>

static bool make(tinyxml2::XMLPrinter &printer, uint32_t &seed)
{
    printer.OpenElement("plant");
    for (int i = 0; i < 60; i++) {
        printer.OpenElement("unit");
        printer.PushAttribute("id", i);
        printer.PushAttribute("name", i % 2 != 0 ? "pump" : "valve & drive");
        printer.OpenElement("limit");
        printer.PushText(static_cast<int>(program_random(&seed) % 1000));
        printer.CloseElement();
        printer.PushComment("set by the service");
        printer.CloseElement();
    }
    printer.CloseElement();
    return true;
}

/* Every third unit goes, and each other one gets an element. */
static bool change(tinyxml2::XMLDocument &document)
{
    tinyxml2::XMLElement *plant = document.RootElement();
    if (plant == nullptr)
        return false;
    tinyxml2::XMLElement *next = nullptr;
    for (tinyxml2::XMLElement *unit = plant->FirstChildElement("unit"); unit != nullptr; unit = next) {
        next = unit->NextSiblingElement("unit");
        int limit = unit->FirstChildElement("limit")->IntText();
        if (unit->IntAttribute("id") % 3 == 0) {
            plant->DeleteChild(unit);
            continue;
        }
        tinyxml2::XMLElement *alarm = document.NewElement("alarm");
        alarm->SetAttribute("above", limit + 50);
        alarm->SetText(limit > 500 ? "horn" : "lamp");
        unit->InsertEndChild(alarm);
    }
    return true;
}

int program()
{
    uint32_t seed = 1, sum = 5381;
    for (int round = 0; round < 12; round++) {
        tinyxml2::XMLPrinter first(nullptr, true), second;
        tinyxml2::XMLDocument document;
        if (!make(first, seed) || document.Parse(first.CStr()) != tinyxml2::XML_SUCCESS || !change(document))
            return 1;
        document.Print(&second);
        sum = program_sum(sum, second.CStr(), static_cast<uint32_t>(std::strlen(second.CStr())));
        std::printf("%d characters, then %d\n", static_cast<int>(first.CStrSize()),
                    static_cast<int>(second.CStrSize()));
    }
    std::printf("sum %lx\n", static_cast<unsigned long>(sum));
    return 0;
}
