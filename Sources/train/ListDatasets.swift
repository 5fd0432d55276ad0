import ArgumentParser
import Datasets

/// `train datasets`: what there is to train on.
struct ListDatasets: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "datasets",
        abstract: "List the data sets, where they are looked for and where to get them.")

    @Option(help: "Folder of the data sets; else the environment's LAMINA_DATA, else ./data.")
    var data: String?

    func run() {
        for dataset in Dataset.all {
            let state =
                dataset.isGenerated
                ? "generated" : dataset.isAvailable(from: data) ? "found" : "not found"
            report("\(dataset.id)  (\(state))")
            report("    \(dataset.title): \(dataset.summary)")
            guard !dataset.isGenerated else { continue }
            report("    files:   \(dataset.files.joined(separator: ", "))")
            report(
                "    folders: " + dataset.searchedFolders(from: data).joined(separator: ", "))
            report("    source:  \(dataset.source)")
        }
        report("\(Dataset.noiseRelabelledID)  (generated)")
        report(
            "    Standard normal inputs, labelled by the largest output of the network of a run: "
                + "--teacher RUN")
    }
}
