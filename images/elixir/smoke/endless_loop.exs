defmodule Endless do
  def loop(count), do: loop(count + 1)
end

Endless.loop(0)
