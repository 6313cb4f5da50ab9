;; Touches what programs commonly use, so that these classes are in the class data archive.
(ns main
  (:require [clojure.set :as set] [clojure.string :as str] [clojure.edn :as edn] [clojure.pprint :refer [pprint]]
            [clojure.walk :as walk]))
(defrecord Point [x y])
(defprotocol Area (area [this]))
(extend-protocol Area Point (area [p] (* (:x p) (:y p))))
(defmulti kind class)
(defmethod kind :default [_] :other)
(println (read-line) (map edn/read-string (str/split (read-line) #" ")))
(printf "%5.2f %s%n" 1.5 (area (->Point 2 3)))
(println (kind 1) (frequencies "hello") (group-by even? (range 10)) (sort-by - [3 1 2]) (set/union #{1} #{2}))
(pprint {:a (into [] (comp (map inc) (filter odd?) (take 3)) (range))})
(println (reduce + (pmap inc (range 10))) @(future 1) (walk/postwalk identity {:a [1]}) 1/3 (*' 99999999999 99999999999))
(let [{:keys [a b] :or {b 2}} {:a 1} counter (atom 0) r (ref 1)]
  (dosync (alter r inc))
  (dotimes [_ 3] (swap! counter + a b))
  (println @counter @r (for [x (range 3) :when (odd? x)] x) (loop [n 5 p 1] (if (zero? n) p (recur (dec n) (* p n))))))
(try (throw (ex-info "problem" {:code 1})) (catch Exception e (println (ex-message e) (ex-data e))))
(println (format "%d" 1) (str/join "," (partition 2 (range 6))) (with-out-str (print 1)) (re-seq #"\d" "1a2"))
(shutdown-agents)
