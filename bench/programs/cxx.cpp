/* cxx.cpp: a program in C++: streams, maps, strings, regular expressions, exceptions, shared objects.
 *
 * SPDX-License-Identifier: MIT */
#include "program.h"

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_map>
#include <vector>

namespace
{
struct Command {
    virtual ~Command() = default;
    virtual std::string run(std::map<std::string, int> &values) const = 0;
};

struct Set : Command {
    Set(std::string n, int v) : name(std::move(n)), value(v)
    {
    }
    std::string run(std::map<std::string, int> &values) const override
    {
        values[name] = value;
        return {};
    }
    std::string name;
    int value;
};

struct Show : Command {
    explicit Show(std::string n) : name(std::move(n))
    {
    }
    std::string run(std::map<std::string, int> &values) const override
    {
        auto found = values.find(name);
        if (found == values.end())
            throw std::out_of_range("there is no " + name);
        std::ostringstream text;
        text << name << "=" << found->second;
        return text.str();
    }
    std::string name;
};

std::shared_ptr<Command> parse(const std::string &line)
{
    static const std::regex set("\\s*(\\w+)\\s*=\\s*(\\d+)\\s*"), show("\\s*show\\s+(\\w+)\\s*");
    std::smatch match;
    if (std::regex_match(line, match, set))
        return std::make_shared<Set>(match[1], std::stoi(match[2]));
    if (std::regex_match(line, match, show))
        return std::make_shared<Show>(match[1]);
    throw std::invalid_argument("not a command: " + line);
}

void commands()
{
    std::map<std::string, int> values;
    std::deque<std::shared_ptr<Command>> history;
    std::unordered_map<std::string, int> errors;
    std::string answers;
    uint32_t seed = 1;
    for (int i = 0; i < 200; i++) {
        std::ostringstream line;
        switch (program_random(&seed) % 4) {
        case 0:
        case 1:
            line << "level" << program_random(&seed) % 40 << " = " << program_random(&seed) % 1000;
            break;
        case 2:
            line << " show level" << program_random(&seed) % 40;
            break;
        default:
            line << "please show all of it, number " << i % 5;
            break;
        }
        try {
            auto command = parse(line.str());
            answers += command->run(values);
            history.push_back(command);
            if (history.size() > 30)
                history.pop_front();
        } catch (const std::exception &error) {
            errors[error.what()]++;
        }
    }
    std::vector<std::pair<std::string, int>> sorted(errors.begin(), errors.end());
    std::sort(sorted.begin(), sorted.end());
    std::cout << values.size() << " values, " << history.size() << " commands, " << answers.size() << " characters\n";
    for (const auto &[text, count] : sorted)
        std::cout << text << ": " << count << "\n";
}

void texts()
{
    std::map<std::string, std::vector<std::string>> index;
    std::istringstream text("the tank is full the pump stops the valve opens and the level of the tank falls");
    std::string word, last;
    while (text >> word) {
        index[word].push_back(last + " " + word);
        last = word;
    }
    for (int i = 0; i < 300; i++) {
        std::string name = "entry " + std::to_string(i * 7 % 300) + std::string(static_cast<size_t>(i % 30), '.');
        index[name].assign(static_cast<size_t>(i % 4), name);
        if (i >= 100)
            index.erase(std::next(index.begin(), i * 13 % 50));
    }
    size_t size = 0;
    for (const auto &[key, values] : index)
        for (const auto &value : values)
            size += key.size() + value.size();
    std::cout << index.size() << " entries of " << size << " characters\n";
}
} // namespace

int program()
{
    try {
        commands();
        for (int i = 0; i < 5; i++)
            texts();
        std::cout.flush();
    } catch (const std::exception &error) {
        std::cout << "failed: " << error.what() << std::endl;
        return 1;
    }
    return 0;
}
