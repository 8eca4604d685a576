internal import Control

extension Look {
    /// Under every table: on whose word it rests, and how old the oldest news in it is.
    func line(_ view: Envelope.View?) -> String {
        guard let view else { return "" }
        let text = "view: \(view.agree)/\(view.of) peers agree\(between)oldest info \(Figures.age(view.oldest))"
        return paint(text, view.agree < view.of ? .doubtful : .faint) + "\n"
    }
}
