import { entryPlace } from "./scenario-files.js";
import { unknownName } from "./stack-checks.js";
/**
 * Unknown links, services and requests. A network entry on a stack that declares no link is no mistake: it is skipped
 * when run. `locate` of validateScenarioFiles gives exact places; without it the line of the entry is told.
 */
export function checkAgainstDescriptor(scenarios, descriptor, locate = entryPlace) {
    const mistakes = [];
    for (const scenario of scenarios) {
        const tell = (path, message) => {
            mistakes.push({ ...locate(scenario, path), message: `${message} in stack "${descriptor.name}"` });
        };
        checkScenario(scenario, descriptor, tell);
    }
    return mistakes;
}
function checkScenario(scenario, descriptor, tell) {
    const services = descriptor.services.map((service) => service.name);
    const checkService = (path, name) => {
        if (typeof name === 'string' && !services.includes(name))
            tell(path, unknownName('service', name, services));
    };
    for (const fault of scenario.faults) {
        checkService(['target'], fault.spec['target']);
        if ('links' in fault.spec)
            checkLinks(fault.spec, descriptor, tell);
    }
    checkService(['control'], scenario.control ?? undefined);
    scenario.expect.forEach((clause, index) => {
        const path = ['expect', index, clause.probe];
        if (clause.probe === 'log_gaps')
            checkService([...path, 'service'], clause.spec['service']);
        if (clause.probe === 'request')
            checkRequest([...path, 'name'], clause.spec['name'], descriptor, tell);
    });
}
function checkLinks(spec, descriptor, tell) {
    const names = descriptor.links.map((link) => link.name);
    if (names.length === 0)
        return;
    const links = spec['links'];
    if (Array.isArray(links)) {
        links.forEach((name, index) => {
            if (typeof name === 'string' && !names.includes(name))
                tell(['link', index], unknownName('link', name, names));
        });
    }
    else if (spec['allLinks'] !== true && descriptor.defaultLink === null) {
        tell([], `names no link, and there is no default_link (known: ${names.join(', ')})`);
    }
}
function checkRequest(path, name, descriptor, tell) {
    const names = Object.keys(descriptor.requests);
    if (typeof name === 'string' && !names.includes(name))
        tell(path, unknownName('request', name, names));
}
/** Defects that name scenarios which no scenario file of the stack has. */
export function checkDefects(scenarios, descriptor, locate) {
    const ids = scenarios.map((scenario) => scenario.id);
    const mistakes = [];
    for (const [name, defect] of Object.entries(descriptor.defects?.known ?? {})) {
        defect.fails.forEach((id, index) => {
            if (ids.includes(id))
                return;
            const path = ['defects', 'known', name, 'fails', index];
            mistakes.push({
                file: descriptor.file,
                ...locate(path),
                key: `defects.known.${name}.fails[${String(index)}]`,
                message: unknownName('scenario', id, ids),
            });
        });
    }
    return mistakes;
}
