(require '[clojure.string :as str])

(def größe "Grüße, 世界 🌍")

(let [line (read-line)]
  (println größe)
  (println (str/reverse line) (.codePointCount line 0 (count line)) (str/upper-case line)))
