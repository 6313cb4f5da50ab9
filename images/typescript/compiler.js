// The compiler's own part, appended to typescript.js: a tsc that remembers the types of the language and of Node.
// Run as `compiler main.ts [options of tsc]`; errors are printed, and nothing is written if there are any.

const library = "/usr/share/nodejs/";
const defaults = {
    // What Node 20 can do. Modules stay modules: Node sees by itself whether main.js is one.
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts"],
    module: ts.ModuleKind.ES2022,
    moduleResolution: ts.ModuleResolutionKind.NodeJs,
    esModuleInterop: true,
    resolveJsonModule: true,
    types: ["node"],
    typeRoots: [library + "@types"],
    // The types of Node need not be checked anew for each program.
    skipLibCheck: true,
    noEmitOnError: true,
};
const remembered = new Map();

function report(diagnostics, host) {
    require("node:fs").writeSync(2, ts.formatDiagnostics(diagnostics, host));
}

function compile(argv) {
    const { options: given, fileNames, errors } = ts.parseCommandLine(argv);
    const options = { ...defaults, ...given };
    const host = ts.createCompilerHost(options);
    // What is remembered was read by the default rules.
    if (["target", "module", "moduleResolution"].every((key) => options[key] === defaults[key])) {
        const read = host.getSourceFile;
        host.getSourceFile = (name, ...rest) => {
            if (!name.startsWith(library)) return read(name, ...rest);
            if (!remembered.has(name)) remembered.set(name, read(name, ...rest));
            return remembered.get(name);
        };
    }
    host.getDefaultLibLocation = () => library + "typescript/lib";
    host.getDefaultLibFileName = () => library + "typescript/lib/lib.d.ts";

    if (given.version) {
        console.log("TypeScript " + ts.version);
        return 0;
    }
    if (errors.length > 0) {
        report(errors, host);
        return 1;
    }
    const program = ts.createProgram(fileNames, options, host);
    const own = program.getSourceFiles().filter((file) => !file.fileName.startsWith(library));
    const found = [
        ...program.getOptionsDiagnostics(),
        ...program.getGlobalDiagnostics(),
        ...own.flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]),
    ];
    if (found.length === 0) found.push(...program.emit().diagnostics);
    report(ts.sortAndDeduplicateDiagnostics(found), host);
    return found.some((one) => one.category === ts.DiagnosticCategory.Error) ? 1 : 0;
}

// Before the snapshot is taken, the compiler has compiled once: it knows the types, and has its functions ready.
if (compile(["sample.ts"]) !== 0) throw new Error("the sample must compile");

require("node:v8").startupSnapshot.setDeserializeMainFunction(() => {
    // Node would remember the working directory, too.
    process.chdir(".");
    process.exitCode = compile(process.argv.slice(1));
});
